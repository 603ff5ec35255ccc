/** Prints the server's Table: headers once, columns by priority, with namespace, kind prefix and labels where asked. */
import { TabWriter } from "./tab-writer.ts";
import { type KObject, labelText } from "./values.ts";

export interface Table {
  kind: "Table";
  apiVersion: string;
  metadata?: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  columnDefinitions: { name: string; type: string; format?: string; priority: number }[] | null;
  rows: { cells: unknown[]; object?: KObject }[] | null;
}

export interface TableOptions {
  wide: boolean;
  noHeaders: boolean;
  showLabels: boolean;
  labelColumns: string[];
  withNamespace: boolean;
  /** `pod/`: put before each name. */
  kindPrefix: string;
}

/** Formats tables of one resource; every flush keeps earlier widths. */
export class TablePrinter {
  #options: TableOptions;
  #columns: Table["columnDefinitions"] = null;
  #headersDone = false;
  #writer = new TabWriter();

  constructor(options: TableOptions) {
    this.#options = options;
  }

  /** A watch sends the columns only with its first event. */
  add(table: Table): void {
    if (table.columnDefinitions?.length) this.#columns = table.columnDefinitions;
    const columns = this.#columns ?? [];
    const shown = columns.map((_, index) => index).filter((index) => this.#options.wide || (columns[index].priority ?? 0) === 0);
    if (!this.#headersDone && !this.#options.noHeaders) {
      this.#headersDone = true;
      this.#writer.write(`${this.#headers(shown.map((index) => columns[index].name.toUpperCase())).join("\t")}\n`);
    }
    for (const row of table.rows ?? []) {
      this.#writer.write(`${this.#row(row, shown).join("\t")}\n`);
    }
  }

  flush(): string {
    return this.#writer.flush();
  }

  #headers(names: string[]): string[] {
    const { withNamespace, labelColumns, showLabels } = this.#options;
    const labels = labelColumns.map((label) => label.slice(label.lastIndexOf("/") + 1).toUpperCase());
    return [...(withNamespace ? ["NAMESPACE"] : []), ...names, ...labels, ...(showLabels ? ["LABELS"] : [])];
  }

  #row(row: { cells: unknown[]; object?: KObject }, shown: number[]): string[] {
    const { withNamespace, labelColumns, showLabels, kindPrefix } = this.#options;
    const metadata = row.object?.metadata;
    const cells = shown.map((index) => cellText(row.cells[index]));
    if (kindPrefix && cells.length > 0) cells[0] = kindPrefix + cells[0];
    return [
      ...(withNamespace ? [metadata?.namespace ?? ""] : []),
      ...cells,
      ...labelColumns.map((label) => metadata?.labels?.[label] ?? ""),
      ...(showLabels ? [labelText(metadata?.labels)] : []),
    ];
  }
}

/** Only the first line of a cell is shown. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return "<none>";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const end = /[\f\n\r]/.exec(text)?.index;
  return (end === undefined ? text : `${text.slice(0, end)}...`).replaceAll("\t", "\\t");
}
