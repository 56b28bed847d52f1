// The lists of django-rq's dashboard: the box in the head of the table ticks all others.
const all = document.getElementById("action-toggle");
const boxes = [...document.querySelectorAll("tr input.action-select")];
all?.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
document.getElementById("result_list")?.addEventListener("change", () => {
  if (all) all.checked = boxes.length > 0 && boxes.every((box) => box.checked);
});
