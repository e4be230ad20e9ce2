// The page that one is on, where all do not fit in a row.
const here = document.querySelector(".pages [aria-current]");
if (here && here.parentNode.scrollWidth > here.parentNode.clientWidth) here.parentNode.scrollLeft = here.offsetLeft - 32;
// Whether both periods were measured alike takes the answers themselves: it is asked for once the page is there.
const alike = document.querySelector("a[data-alike]");
if (alike) fetch(alike.href).then((reply) => reply.ok ? reply.text() : "").then((text) => {
const found = new DOMParser().parseFromString(text, "text/html").querySelector("[data-made-alike]");
if (!found) return;
const place = document.getElementById("alike");
place.textContent = found.firstElementChild.textContent;
if (found.dataset.madeAlike === "true") return;
place.className = "caution";
(document.querySelector(".say") || place.parentNode).append(place);
}, () => {});
// What each mark of a chart says: where one points or taps, and, once the chart has the focus, mark by mark with the arrow keys.
const tip = document.createElement("div");
tip.className = "tip";
tip.setAttribute("role", "status");
document.body.append(tip);
for (const chart of document.querySelectorAll("main svg[role=img]")) {
const marks = [...chart.querySelectorAll("* > title")].filter((title) => title.parentNode !== chart).map((title) => {
const mark = title.parentNode;
mark.said = title.textContent;
title.remove();
return mark;
});
if (!marks.length) continue;
let at = 0;
const show = (mark) => {
at = marks.indexOf(mark);
const box = mark.getBoundingClientRect();
tip.textContent = mark.said;
tip.style.left = `${Math.max(8, Math.min(box.left + box.width / 2 - tip.offsetWidth / 2, document.documentElement.clientWidth - tip.offsetWidth - 8)) + scrollX}px`;
tip.style.top = `${(box.top < tip.offsetHeight + 12 ? box.bottom + 8 : box.top - tip.offsetHeight - 8) + scrollY}px`;
};
const hide = () => { tip.textContent = ""; };
chart.tabIndex = 0;
chart.addEventListener("focus", () => { if (chart.matches(":focus-visible")) show(marks[at]); });
chart.addEventListener("blur", hide);
chart.addEventListener("keydown", (event) => {
const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
if (event.key === "Escape") hide();
if (!step) return;
event.preventDefault();
show(marks[(at + step + marks.length) % marks.length]);
});
chart.addEventListener("pointerover", (event) => {
const mark = marks.find((mark) => mark.contains(event.target));
if (mark) show(mark); else hide();
});
chart.addEventListener("pointerleave", hide);
}
// A chart as PNG, drawn by the reader's browser with the reader's fonts.
for (const link of document.querySelectorAll("a[data-png]")) {
link.hidden = false;
link.addEventListener("click", (event) => {
event.preventDefault();
const image = new Image();
image.onload = () => {
const canvas = document.createElement("canvas");
canvas.width = 2 * image.width;
canvas.height = 2 * image.height;
canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
canvas.toBlob((blob) => {
const file = document.createElement("a");
file.href = URL.createObjectURL(blob);
file.download = link.dataset.png;
file.click();
setTimeout(() => URL.revokeObjectURL(file.href), 60000);
}, "image/png");
};
image.src = link.href;
});
}
