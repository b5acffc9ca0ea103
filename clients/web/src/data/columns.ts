// Columns that grow: one number a trial, the trial's number being its index.

export class NumberColumn {
  data: Float64Array;

  constructor(readonly fill: number, capacity = 64) {
    this.data = new Float64Array(capacity).fill(fill);
  }

  get(row: number): number {
    return row < this.data.length ? this.data[row] : this.fill;
  }

  set(row: number, value: number): void {
    if (row >= this.data.length) this.grow(row + 1);
    this.data[row] = value;
  }

  private grow(size: number): void {
    const bigger = new Float64Array(Math.max(size, this.data.length * 2)).fill(this.fill);
    bigger.set(this.data);
    this.data = bigger;
  }
}

export class ByteColumn {
  data: Uint8Array;

  constructor(capacity = 64) {
    this.data = new Uint8Array(capacity);
  }

  get(row: number): number {
    return row < this.data.length ? this.data[row] : 0;
  }

  set(row: number, value: number): void {
    if (row >= this.data.length) {
      const bigger = new Uint8Array(Math.max(row + 1, this.data.length * 2));
      bigger.set(this.data);
      this.data = bigger;
    }
    this.data[row] = value;
  }
}

// Strings that recur, as small integers. 0 is the empty string.
export class Dictionary {
  readonly words: string[] = [""];
  private readonly codes = new Map<string, number>([["", 0]]);

  code(word: string): number {
    let code = this.codes.get(word);
    if (code === undefined) {
      code = this.words.length;
      this.words.push(word);
      this.codes.set(word, code);
    }
    return code;
  }
}
