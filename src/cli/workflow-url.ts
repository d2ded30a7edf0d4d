/** Page of a workflow in the Temporal UI; null where the server has no UI that is known. */
export const workflowUrl = (uiUrl: string | null, namespace: string, workflowId: string): string | null =>
  uiUrl === null
    ? null
    : `${uiUrl.replace(/\/$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
