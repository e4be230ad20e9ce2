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
