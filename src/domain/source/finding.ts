/** Keys and indexes from the root of the data. */
export type Path = readonly (string | number)[];

/** Lines and columns count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A mistake before its place in the file is looked up. */
export interface Finding {
  readonly at: Path;
  /** `key` points to the field's name instead of its value. */
  readonly on?: 'key' | 'value';
  /** Known already, as for mistakes of syntax. */
  readonly place?: Place | null;
  readonly expected?: string;
  readonly got?: string;
  readonly message: string;
  readonly hint?: string | null;
}
