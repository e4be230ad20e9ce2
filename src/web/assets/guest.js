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
