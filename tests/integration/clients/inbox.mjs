// What a subscriber has received and a test has not looked at yet. Waiting has a deadline, never a pause for luck.

export function within(milliseconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${milliseconds} ms for ${what}`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export class Inbox {
  #messages = [];
  #waiting = [];

  put(message) {
    const taker = this.#waiting.shift();
    if (taker) taker(message);
    else this.#messages.push(message);
  }

  next(what = 'a message') {
    if (this.#messages.length) return Promise.resolve(this.#messages.shift());
    return within(15_000, what, new Promise((resolve) => this.#waiting.push(resolve)));
  }

  async take(count) {
    const taken = [];
    while (taken.length < count) taken.push(await this.next(`message ${taken.length + 1} of ${count}`));
    return taken;
  }
}
