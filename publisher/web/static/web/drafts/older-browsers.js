/* What the editor's library takes for granted and browsers of 2021 (Chromium 90) do not have yet. */
if (!Object.hasOwn) {
  Object.defineProperty(Object, "hasOwn", {
    value: (object, name) => Object.prototype.hasOwnProperty.call(object, name),
  });
}

const additions = {
  at(place) {
    const whole = Math.trunc(place) || 0;
    return this[whole < 0 ? this.length + whole : whole];
  },
  findLast(test, self) {
    for (let place = this.length - 1; place >= 0; place -= 1) {
      if (test.call(self, this[place], place, this)) return this[place];
    }
    return undefined;
  },
  toSorted(order) {
    return [...this].sort(order);
  },
};

for (const [name, value] of Object.entries(additions)) {
  if (!Array.prototype[name]) Object.defineProperty(Array.prototype, name, { value, writable: true, configurable: true });
}
