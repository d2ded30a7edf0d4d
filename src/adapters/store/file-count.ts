/** Files and their bytes. */
export interface FileCount {
  files: number;
  bytes: number;
}

/** What has been swept out, and what stays. */
export interface SweepResult {
  readonly deleted: FileCount;
  /** Kept since something refers to it. */
  readonly referenced: FileCount;
  /** Nothing refers to it, and it is kept for its age. */
  readonly young: FileCount;
}

export function countFile(counted: FileCount, size: number): void {
  counted.files += 1;
  counted.bytes += size;
}

export const nothingSwept = (): SweepResult => ({
  deleted: { files: 0, bytes: 0 },
  referenced: { files: 0, bytes: 0 },
  young: { files: 0, bytes: 0 },
});
