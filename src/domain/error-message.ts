/** What a caught value says: the message of an error, anything else as text. */
export const messageOf = (caught: unknown): string => (caught instanceof Error ? caught.message : String(caught));
