import { setCurrentDetails } from '@temporalio/workflow';
import { escapeMarkdown } from '../domain/markdown.ts';

const MOST_LINES = 50;

/** Keeps the current details in the Temporal UI as they should be: a title and what has happened, newest first. */
export function createDetailsPublisher(): (
  title: string,
  timeline: readonly { readonly at: string; readonly text: string }[],
) => void {
  let last = -1;
  return (title, timeline) => {
    if (timeline.length === last) return;
    last = timeline.length;
    const lines = timeline.slice(-MOST_LINES).toReversed();
    setCurrentDetails(
      [`**${escapeMarkdown(title)}**`, '', ...lines.map(({ at, text }) => `- ${at} ${escapeMarkdown(text)}`)].join('\n'),
    );
  };
}
