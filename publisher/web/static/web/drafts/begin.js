/* A new draft begins with a file dropped on the page. */
import { upload } from "./asking.js";
import { guardPage, place, report } from "./dropping.js";

document.documentElement.classList.add("has-script");
guardPage();
const form = document.querySelector(".begin-file");
if (form) {
  const told = report(form);
  place(form.querySelector(".drop"), async (files) => {
    const body = new FormData(form);
    body.set("file", files[0], files[0].name);
    told.begin();
    const { status, data } = await upload(form.action, body, told.progress);
    if (data.state === "go") location.assign(data.address);
    else if (status === 401) location.reload();
    else told.end(data.message || `(${status})`);
  });
}
