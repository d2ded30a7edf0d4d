import type { ClientConnectConfig } from '@temporalio/envconfig';
import type { SearchAttributeState } from './search-attributes.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** How a server was come by: configured by the user, a binary found, downloaded or built. */
export type ServerRoad = 'configured' | 'found' | 'downloaded' | 'built';

export interface OpenServerOptions {
  /** Folder in which `.pact/` lies: database, record of the running server, remembered binary. */
  readonly baseDir: string;
  /** gRPC port; else PACT_TEMPORAL_PORT, else 7233. 0 picks a free one. */
  readonly port?: number;
  /** Web UI; else PACT_TEMPORAL_UI_PORT, else port + 1000. */
  readonly uiPort?: number;
  /** HTTP API; else PACT_TEMPORAL_HTTP_PORT, else port + 10. */
  readonly httpPort?: number;
  /** For tests: a database in a temporary folder that goes with the server, free ports, nothing shared by folder. */
  readonly ephemeral?: boolean;
  /** No Web UI. */
  readonly headless?: boolean;
  /** Leave the server running when this process ends. Without it the server dies with this process, even by SIGKILL. */
  readonly detached?: boolean;
  /** The `temporal` binary to use; else PACT_TEMPORAL_BINARY. Named but broken is an error, never a fallback. */
  readonly binary?: string;
  readonly env?: Environment;
  readonly signal?: AbortSignal;
  readonly limits?: Partial<ServerLimits>;
  /** Takes what is being done and why, line by line. */
  readonly say: (line: string) => void;
}

export interface OpenServer {
  /** `host:port` of the gRPC front end. */
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string | null;
  readonly httpUrl: string | null;
  readonly road: ServerRoad;
  readonly description: string;
  /** False for a configured server and for one that another process of this folder started. */
  readonly started: boolean;
  /** Process id of the server where it runs on this machine and is ours. */
  readonly pid: number | null;
  /** The `temporal` binary behind it; null for a configured server. */
  readonly binary: string | null;
  /** For `Connection.connect` and `NativeConnection.connect`: address, TLS, API key, metadata. */
  readonly connectionOptions: ClientConnectConfig['connectionOptions'];
  readonly searchAttributes: SearchAttributeState;
  /** Resolves with a reason if a server that we started ends although `stop` was not called; else never. */
  readonly ended: Promise<string>;
  /** Ends the server if this call started it. Safe to call more than once. */
  stop(): Promise<void>;
}

/** All in milliseconds. */
export interface ServerLimits {
  /** A configured or recorded server must answer within this. */
  readonly answerMs: number;
  /** First byte of a download. */
  readonly responseMs: number;
  /** Longest silence within a download. */
  readonly stallMs: number;
  readonly downloadMs: number;
  readonly buildMs: number;
  /** From the start of the server to serving. */
  readonly startMs: number;
  /** From TERM to KILL. */
  readonly graceMs: number;
  /** Between two lines of progress. */
  readonly progressMs: number;
  /** Waiting for another process that is busy with the same cache or folder. */
  readonly lockMs: number;
}

export const defaultLimits: ServerLimits = {
  answerMs: 10_000,
  responseMs: 15_000,
  stallMs: 30_000,
  downloadMs: 15 * 60_000,
  buildMs: 20 * 60_000,
  startMs: 60_000,
  graceMs: 10_000,
  progressMs: 5_000,
  lockMs: 25 * 60_000,
};

/** The options with every default filled in: what the parts of this folder work with. */
export interface ServerContext {
  readonly baseDir: string;
  readonly env: Environment;
  readonly limits: ServerLimits;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}
