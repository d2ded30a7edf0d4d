import { clip } from '../clip.ts';
import { jsonBytes } from '../json-size.ts';
import { escapeMarkdown, markdownCode, markdownSection, markdownTable } from '../markdown.ts';
import type { StatusView } from '../views.ts';

/** The server refuses current details above 20,000 bytes. */
const MAX_BYTES = 19_000;
const MAX_ITEMS = 10;
const MAX_AGENTS = 40;
const MAX_TEXT = 200;
const CUT = '… cut; the query `status` has the rest';

/** The state in Markdown, for the current details in the Temporal UI: at most 20,000 bytes of UTF-8, cut at the end of a line. */
export function toDetailsMarkdown(status: StatusView): string {
  const { phase, reason, progressPercentage, forecastCompletion, tasks } = status;
  const counts = `done ${tasks.done} of ${tasks.total}, running ${tasks.running}, blocked ${tasks.blocked}, failed ${tasks.failed}`;
  return withinBytes([
    `**${phase}**${reason ? ` (${short(reason)})` : ''}, ${progressPercentage} %, ${counts}`,
    ...(forecastCompletion ? ['', `expected to end at ${forecastCompletion}`] : []),
    ...markdownSection('Waiting for people', inboxLines(status)),
    ...markdownSection('Agents', agentTable(status)),
  ]);
}

const short = (text: string): string => escapeMarkdown(clip(text, MAX_TEXT));

function inboxLines({ inbox }: StatusView): string[] {
  const lines = inbox
    .slice(0, MAX_ITEMS)
    .map(
      ({ itemId, title, deadline, otherwise }) =>
        `- ${markdownCode(itemId)} ${short(title)} (until ${deadline}: ${short(otherwise)})`,
    );
  return inbox.length > MAX_ITEMS ? [...lines, `- and ${inbox.length - MAX_ITEMS} more`] : lines;
}

function agentTable({ agents }: StatusView): string[] {
  const rows = agents
    .slice(0, MAX_AGENTS)
    .map(({ agent_id, status, current_task, progress_percentage }) => [
      short(agent_id),
      status,
      short(current_task ?? ''),
      String(progress_percentage),
    ]);
  const table = markdownTable(['agent', 'status', 'task', '%'], ['---', '---', '---', '---:'], rows);
  return agents.length > MAX_AGENTS ? [...table, '', `and ${agents.length - MAX_AGENTS} more`] : table;
}

function withinBytes(lines: readonly string[]): string {
  let bytes = 0;
  const end = lines.findIndex((line) => {
    // As JSON a line takes at least as much as in UTF-8 with its line break.
    bytes += jsonBytes(line);
    return bytes > MAX_BYTES;
  });
  return (end < 0 ? lines : [...lines.slice(0, end), CUT]).join('\n');
}
