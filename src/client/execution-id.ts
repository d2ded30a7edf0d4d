const SLUG_LENGTH = 40;

/** Lower-case letters, digits and hyphens of a project's name, for example "Parser 2.0" → "parser-2-0". Never empty. */
export function toSlug(name: string): string {
  const withoutAccents = name.normalize('NFKD').replace(/\p{M}/gu, '');
  const slug = withoutAccents
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_LENGTH);
  return slug.replace(/^-+|-+$/g, '') || 'plan';
}

/** `pact-<slug>-<time>` with the time in UTC to the second: `pact-parser-2-0-20261201-101530`. */
export function defaultExecutionId(projectName: string, now: Date): string {
  const [day = '', time = ''] = now.toISOString().split('T');
  return `pact-${toSlug(projectName)}-${day.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`;
}

/** Name of the project in a plan as written; null when the plan has none (the engine will refuse it). */
export function projectNameOf(plan: unknown): string | null {
  if (typeof plan !== 'object' || plan === null || !('project' in plan)) return null;
  const project = plan.project;
  if (typeof project !== 'object' || project === null || !('name' in project)) return null;
  return typeof project.name === 'string' ? project.name : null;
}
