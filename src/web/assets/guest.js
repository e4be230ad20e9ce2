// A slider beside every number field that is one: the field alone works without this script.
for (const box of document.querySelectorAll(".slide")) {
  const field = box.firstElementChild, range = document.createElement("input");
  range.type = "range"; range.min = box.dataset.min; range.max = box.dataset.max; range.step = box.dataset.step;
  range.value = field.value || (+range.min + +range.max) / 2;
  range.setAttribute("aria-labelledby", field.labels[0].id = field.id + "-label");
  range.oninput = () => { field.value = range.value; };
  field.oninput = () => { if (field.value) range.value = field.value; };
  box.prepend(range);
}
// A guest with a personal link: what is answered so far is saved while answering, and when the page is left.
const form = document.querySelector("form[data-save]");
if (form) {
  let timer, sent = "";
  const save = async () => {
    clearTimeout(timer);
    const body = new URLSearchParams(new FormData(form));
    if (sent === `${body}`) return;
    sent = `${body}`;
    const kept = await fetch(form.dataset.save, { method: "POST", body, keepalive: true }).catch(() => ({}));
    document.querySelector("#saved").textContent = kept.ok ? form.dataset.saved : "";
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(save, 1000); });
  form.addEventListener("submit", () => { clearTimeout(timer); sent = null; });
  document.addEventListener("visibilitychange", () => { if (document.hidden && sent !== null) save(); });
}
