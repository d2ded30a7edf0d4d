import type { Paint } from './paint.ts';

/** What an answer is shown on. */
export interface View {
  readonly paint: Paint;
  /** Columns of the terminal. */
  readonly width: number;
  readonly now: Date;
}
