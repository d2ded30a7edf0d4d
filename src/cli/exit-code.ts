/** Exit codes of every command; `pact --help` prints them. */
export const EXIT = {
  ok: 0,
  notCompleted: 1,
  invalid: 2,
  noServer: 3,
  refused: 4,
  internal: 70,
  interrupted: 130,
} as const;

export const EXIT_CODE_HELP = `
Exit codes:
  0    done; of run and watch: the plan completed
  1    the plan did not complete: failed, rejected, cancelled or stopped; of doctor: something is not well
  2    wrong usage, or an invalid plan, config or input
  3    no Temporal server, or no worker that answers
  4    the engine refused the message: wrong person, wrong hash, not in this phase, unknown item
  70   a defect of pact itself
  130  interrupted by Ctrl-C

Environment:
  TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_PROFILE, …   as for Temporal's own tools, as is temporal.toml
  PACT_LOG     level of the log on stderr: trace, debug, info, warn (default), error, silent
  PACT_DEBUG   1 adds the stack to error messages
  NO_COLOR     no colours`;
