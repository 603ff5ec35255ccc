/** Aligns tab-separated cells as Go's tabwriter does with kubectl's settings, remembering widths between flushes. */

export interface TabOptions {
  minWidth: number;
  padding: number;
  /** Keep the widths of earlier flushes as minimum, so that rows of a watch stay aligned. */
  remember?: boolean;
}

export const tableTabs: TabOptions = { minWidth: 6, padding: 3, remember: true };
export const describeTabs: TabOptions = { minWidth: 0, padding: 2 };

export class TabWriter {
  #options: TabOptions;
  #text = "";
  #remembered: number[] = [];

  constructor(options: TabOptions = tableTabs) {
    this.#options = options;
  }
  write(text: string): void {
    this.#text += text;
  }
  forget(): void {
    this.#remembered = [];
  }
  /** The aligned text of everything written since the last flush. */
  flush(): string {
    if (this.#text === "") return "";
    const ended = this.#text.endsWith("\n");
    const lines = (ended ? this.#text.slice(0, -1) : this.#text).split("\n").map((line) => line.split("\t"));
    this.#text = "";
    const aligned = this.#align(lines);
    return aligned.map((line) => line.join("")).join("\n") + (ended ? "\n" : "");
  }

  /** A column is a run of neighbouring lines that have a cell ended by a tab at that position; each run has its width. */
  #align(lines: string[][]): string[][] {
    const out = lines.map((line) => [...line]);
    const most = lines.reduce((count, line) => Math.max(count, line.length - 1), 0);
    for (let column = 0; column < most; column++) {
      for (let row = 0; row < lines.length; ) {
        if (lines[row].length - 1 <= column) {
          row++;
          continue;
        }
        let end = row;
        let width = this.#options.minWidth;
        for (; end < lines.length && lines[end].length - 1 > column; end++) {
          const cell = lines[end][column];
          width = Math.max(width, widthOf(cell) + this.#options.padding);
        }
        if (this.#options.remember) {
          width = Math.max(width, this.#remembered[column] ?? 0);
          this.#remembered[column] = width;
        }
        for (let i = row; i < end; i++) out[i][column] = lines[i][column] + " ".repeat(Math.max(0, width - widthOf(lines[i][column])));
        row = end;
      }
    }
    return out;
  }
}

function widthOf(text: string): number {
  let width = 0;
  for (const _ of text) width++;
  return width;
}

/** Rows of cells, aligned; the last cell of a row is not padded. */
export function alignRows(rows: string[][], options: TabOptions = tableTabs): string {
  const writer = new TabWriter(options);
  for (const row of rows) writer.write(`${row.join("\t")}\n`);
  return writer.flush();
}
