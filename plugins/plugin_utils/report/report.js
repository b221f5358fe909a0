/* Copyright (c) 2026 containerhost.network contributors
 * GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later */

/* Zoom and filters of the drawing and the tables. The page is whole without it. Nothing here makes markup of text. */
(function () {
  "use strict";
  const LEAST = 0.05;
  const MOST = 6;
  const READABLE = 0.6;
  const STEP = 1.25;
  const PAUSE = 250; /* ms without a further step, after which a drawing is drawn anew in its new size */
  const all = (selector, from) => Array.from((from || document).querySelectorAll(selector));
  const view = document.querySelector(".view");
  const sheet = document.querySelector(".sheet");
  const pictures = all(".sheet > svg");
  const size = new Map(pictures.map((each) => [each, [each.viewBox.baseVal.width, each.viewBox.baseVal.height]]));
  let zoom = 1; /* as drawn */
  /* On top of that, by a transform, which is the compositor's work alone, so that it is smooth; and where it has moved
   * to by that, which scrolling takes over when it is drawn anew. */
  let pending = 1;
  let moved = [0, 0];
  let timer = 0;

  document.documentElement.classList.add("js");
  all("[hidden]").forEach((each) => { each.hidden = false; });

  const picture = () => pictures.find((each) => getComputedStyle(each).display !== "none") || pictures[0];

  function draw() {
    const [left, top] = [view.scrollLeft - moved[0], view.scrollTop - moved[1]];
    zoom *= pending;
    pending = 1;
    moved = [0, 0];
    view.classList.remove("zooming");
    sheet.style.transform = "";
    pictures.forEach((each) => {
      each.style.width = size.get(each)[0] * zoom + "px";
      each.style.height = size.get(each)[1] * zoom + "px";
    });
    view.scrollLeft = left;
    view.scrollTop = top;
  }

  /* Zoom by a factor; the point (x, y) of the view stays where it is. */
  function scale(factor, x, y) {
    const after = Math.min(MOST, Math.max(LEAST, zoom * pending * factor));
    const real = after / (zoom * pending);
    moved = [[x + view.scrollLeft, moved[0]], [y + view.scrollTop, moved[1]]].map(([at, by]) => at - (at - by) * real);
    pending *= real;
    view.classList.add("zooming");
    sheet.style.transform = "translate(" + moved[0] + "px, " + moved[1] + "px) scale(" + pending + ")";
    clearTimeout(timer);
    timer = setTimeout(draw, PAUSE);
  }

  function set(value) {
    clearTimeout(timer);
    pending = Math.min(MOST, Math.max(LEAST, value)) / zoom;
    draw();
  }

  function fit(whole) {
    const [width, height] = size.get(picture());
    set(Math.min(1, view.clientWidth / width, whole ? (window.innerHeight * 0.78) / height : 1));
    view.scrollTo(0, 0);
  }

  /* The middle of what is shown, in its own size or as much smaller as it takes. */
  function show(elements) {
    const boxes = elements.filter((each) => picture().contains(each)).map((each) => each.getBBox());
    if (!boxes.length) { return; }
    const left = Math.min(...boxes.map((each) => each.x));
    const top = Math.min(...boxes.map((each) => each.y));
    const width = Math.max(...boxes.map((each) => each.x + each.width)) - left;
    const height = Math.max(...boxes.map((each) => each.y + each.height)) - top;
    set(Math.min(1, view.clientWidth / (width + 80), Math.max(0.5, view.clientHeight / (height + 80))));
    view.scrollLeft = (left + width / 2) * zoom - view.clientWidth / 2;
    view.scrollTop = height * zoom > view.clientHeight
      ? (top - 40) * zoom : (top + height / 2) * zoom - view.clientHeight / 2;
  }

  const middle = () => [view.clientWidth / 2, view.clientHeight / 2];
  const zooms = {
    in: () => scale(STEP, ...middle()),
    out: () => scale(1 / STEP, ...middle()),
    fit: () => fit(true),
    one: () => set(1)
  };
  all("[data-zoom]").forEach((each) => each.addEventListener("click", zooms[each.dataset.zoom]));
  view.addEventListener("keydown", (event) => {
    const name = { "+": "in", "=": "in", "-": "out", "0": "fit", "1": "one" }[event.key];
    if (name && !event.ctrlKey && !event.metaKey && !event.altKey) { zooms[name](); event.preventDefault(); }
  });
  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) { return; }
    const place = view.getBoundingClientRect();
    scale(Math.exp(-event.deltaY / (event.deltaMode ? 15 : 300)), event.clientX - place.left, event.clientY - place.top);
    event.preventDefault();
  }, { passive: false });

  let held = null;
  view.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) { return; }
    held = [event.clientX, event.clientY, view.scrollLeft, view.scrollTop];
    view.classList.add("held");
  });
  window.addEventListener("pointermove", (event) => {
    if (!held) { return; }
    view.scrollLeft = held[2] + held[0] - event.clientX;
    view.scrollTop = held[3] + held[1] - event.clientY;
  });
  window.addEventListener("pointerup", () => { held = null; view.classList.remove("held"); });

  let apart = 0;
  const distance = (touches) => Math.hypot(touches[0].clientX - touches[1].clientX, touches[0].clientY - touches[1].clientY);
  view.addEventListener("touchstart", (event) => {
    if (event.touches.length === 2) { apart = distance(event.touches); }
  }, { passive: true });
  view.addEventListener("touchmove", (event) => {
    if (event.touches.length !== 2 || !apart) { return; }
    const [place, now] = [view.getBoundingClientRect(), distance(event.touches)];
    const x = (event.touches[0].clientX + event.touches[1].clientX) / 2 - place.left;
    const y = (event.touches[0].clientY + event.touches[1].clientY) / 2 - place.top;
    scale(now / apart, x, y);
    apart = now;
    event.preventDefault();
  }, { passive: false });
  view.addEventListener("touchend", () => { apart = 0; });

  const [network, host, container] = ["network", "host", "container"].map((each) => document.getElementById("choose-" + each));
  const either = (chosen, value) => chosen === "" || value === undefined || value === chosen;

  function filter() {
    const [n, h, c] = [network.value, host.value, container.value];
    const found = [];
    all(".card").forEach((card) => {
      let some = false;
      all(".box", card).forEach((box) => {
        const fits = (c === "" || box.dataset.c === c) && (n === "" || box.dataset.ns.split(" ").includes(n))
          && (h === "" || card.dataset.h === h);
        box.classList.toggle("dim", !fits);
        some = some || fits;
        if (fits && c !== "") { found.push(box); }
      });
      const member = all(".row", card).some((row) => n === "" || row.dataset.n === n);
      const fits = (h === "" || card.dataset.h === h) && (some || (c === "" && member));
      card.classList.toggle("dim", !fits);
      if (fits && c === "" && h !== "") { found.push(card); }
    });
    all(".bar, .row, .box [data-n]").forEach((each) => each.classList.toggle("dim", !either(n, each.dataset.n)));
    all("tr[data-h], tr[data-n], tr[data-c], .part").forEach((row) => {
      const data = row.dataset;
      row.classList.toggle("gone", !(either(n, data.n) && either(h, data.h) && either(c, data.c)));
    });
    show(found);
  }
  [network, host, container].forEach((each) => each.addEventListener("change", filter));

  const cards = (number) => all('.card[data-h="' + Number(number) + '"]');
  all("[data-show]").forEach((each) => each.addEventListener("click", () => {
    show(cards(each.dataset.show));
    view.scrollIntoView({ block: "center" });
  }));

  /* What is broken is seen at once: of a drawing that is too large to read as a whole, that host. */
  fit(false);
  const first = document.querySelector("[data-show]");
  if (first && (zoom < READABLE || size.get(picture())[1] * zoom > view.clientHeight + 2)) { show(cards(first.dataset.show)); }
}());
