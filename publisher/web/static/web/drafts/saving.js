/* Keeps what is typed: at once on this computer, a moment later on the server. Nothing leaves the first place before it
   has arrived at the second. */
import { send } from "./asking.js";

const AFTER_TYPING_MS = 1200;
const AT_THE_LATEST_MS = 6000;
const ON_THIS_COMPUTER_MS = 250;
const AGAIN_MS = [2000, 5000, 10000, 20000];
const BEACON_BYTES = 60000;

export class Keeper {
  /* `form` is the form, `tell(state, answer)` hears what became of it. */
  constructor(form, tell) {
    this.form = form;
    this.tell = tell;
    this.key = `publisher-draft:${form.dataset.user}:${form.dataset.draft}`;
    this.window = random();
    this.form.elements.window.value = this.window;
    this.turn = Promise.resolve();
    this.failures = 0;
    this.isClosed = Boolean(form.dataset.closed);
    this.sent = this.typed();
    addEventListener("online", () => this.save());
    addEventListener("pagehide", () => this.leave());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.keepHere();
    });
  }

  get version() {
    return this.form.elements.version.value;
  }

  set version(number) {
    this.form.elements.version.value = number;
  }

  /* Everything in the form but its files and what belongs to this page only. */
  typed() {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) {
      if (typeof value === "string" && !["csrfmiddlewaretoken", "version", "window", "despite-newer", "despite-similar"].includes(name)) {
        fields.append(name, value);
      }
    }
    return fields.toString();
  }

  get isChanged() {
    return this.typed() !== this.sent;
  }

  /* Something was typed. */
  changed() {
    if (this.isClosed) return;
    this.tell("typed");
    clearTimeout(this.hereTimer);
    this.hereTimer = setTimeout(() => this.keepHere(), ON_THIS_COMPUTER_MS);
    clearTimeout(this.timer);
    this.since = this.since || Date.now();
    const wait = Math.max(0, Math.min(AFTER_TYPING_MS, this.since + AT_THE_LATEST_MS - Date.now()));
    this.timer = setTimeout(() => this.save(), wait);
  }

  keepHere(more = {}) {
    clearTimeout(this.hereTimer);
    if (!this.isChanged || this.isClosed) return;
    const kept = { version: this.version, window: this.window, fields: this.typed(), ...more };
    try {
      localStorage.setItem(this.key, JSON.stringify(kept));
    } catch {
      // A full or forbidden store: the server has it in a moment.
    }
  }

  forgetHere() {
    clearTimeout(this.hereTimer);
    try {
      localStorage.removeItem(this.key);
    } catch {
      // Nothing is kept there either.
    }
  }

  /* Whatever talks to the server about this draft takes its turn, so that no answer overtakes another. */
  inTurn(work) {
    const done = this.turn.then(work);
    this.turn = done.catch(() => {});
    return done;
  }

  save() {
    return this.inTurn(() => this.saveNow());
  }

  async saveNow() {
    clearTimeout(this.timer);
    clearTimeout(this.againTimer);
    this.since = 0;
    if (this.isClosed || !this.isChanged) return true;
    const fields = this.typed();
    this.tell("saving");
    const answer = await send(this.form.action, this.body(fields));
    return this.heard(answer, fields);
  }

  body(fields) {
    const body = new URLSearchParams(fields);
    body.set("version", this.version);
    body.set("window", this.window);
    body.set("do", "autosave");
    return body;
  }

  heard({ status, data }, fields) {
    if (data.state === "saved") {
      this.failures = 0;
      this.version = data.version;
      this.sent = fields;
      if (this.isChanged) this.changed();
      else this.forgetHere();
      this.tell("saved", data);
      return true;
    }
    this.keepHere();
    if (data.state === "conflict") {
      this.tell("conflict", data);
      return false;
    }
    if (data.state === "closed") {
      this.isClosed = true;
      this.tell("refused", data);
      return false;
    }
    if (status === 401 || status === 403) this.tell("signedOut", data);
    else if (status >= 400 && status < 500) this.tell("refused", data);
    else this.tell("offline", data);
    this.tryAgain();
    return false;
  }

  tryAgain() {
    const wait = AGAIN_MS[Math.min(this.failures, AGAIN_MS.length - 1)];
    this.failures += 1;
    clearTimeout(this.againTimer);
    this.againTimer = setTimeout(() => this.save(), wait);
  }

  /* The form goes out with a button of its own: what it takes along is kept here until it is seen to have arrived. */
  submitting() {
    this.keepHere({ isSubmitted: true });
    this.isSubmitting = true;
  }

  /* The page goes away: what is not on the server yet is on this computer, and is sent along if it is small. */
  leave() {
    if (this.isSubmitting || this.isClosed || !this.isChanged) return;
    this.keepHere();
    const body = this.body(this.typed());
    if (body.toString().length < BEACON_BYTES) send(this.form.action, body, { keepalive: true });
  }

  /* What an earlier page could not save; true where the page must be shown again to have it. */
  async recover() {
    const kept = this.keptHere();
    if (!kept) return false;
    if (kept.isSubmitted && Number(this.version) > Number(kept.version)) {
      this.forgetHere();
      return false;
    }
    const body = new URLSearchParams(kept.fields);
    body.set("version", kept.version);
    body.set("window", kept.window);
    body.set("do", "autosave");
    const { data } = await send(this.form.action, body);
    if (data.state === "saved") {
      this.forgetHere();
      return String(data.version) !== this.version;
    }
    if (data.state === "conflict") {
      this.forgetHere();
      this.tell("conflict", data);
    }
    if (data.state === "closed") this.forgetHere();
    return false;
  }

  keptHere() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null;
    }
  }
}

function random() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
