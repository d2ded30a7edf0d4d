import type { Paint } from './paint.ts';

/** One finding of `pact doctor`. */
export interface HealthCheck {
  readonly name: string;
  /** null: could not be told, because something before it is missing. */
  readonly ok: boolean | null;
  readonly detail: string;
  /** What to do when it is not well; null otherwise. */
  readonly remedy: string | null;
}

export function checkLines(checks: readonly HealthCheck[], paint: Paint): readonly string[] {
  return checks.flatMap((check) => {
    const mark = check.ok === true ? paint.green('ok ') : check.ok === false ? paint.red('not') : paint.yellow('?  ');
    const head = `${mark}  ${check.name}: ${check.detail}`;
    return check.remedy === null ? [head] : [head, `     → ${check.remedy}`];
  });
}
