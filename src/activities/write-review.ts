import type { ArtifactStore } from '../adapters/store/artifact-store.ts';
import { toReview, type EscalationView } from '../domain/escalation/review.ts';

export interface WriteReviewInput {
  readonly executionId: string;
  /** Of the documents `reviews/<name>.md` and `.json` in the execution's artifact folder. */
  readonly name: string;
  readonly title: string;
  readonly view: EscalationView;
}

/**
 * The activity `writeReview`: the post-incident review of an escalation, as Markdown and as JSON. Writing it again replaces it. Throws system
 * errors, which Temporal retries.
 */
export function createWriteReview(store: Pick<ArtifactStore, 'writeDocument'>): (input: WriteReviewInput) => Promise<void> {
  return async ({ executionId, name, title, view }) => {
    await store.writeDocument(executionId, `reviews/${name}.json`, `${JSON.stringify(view, null, 2)}\n`);
    await store.writeDocument(executionId, `reviews/${name}.md`, toReview(view, title));
  };
}
