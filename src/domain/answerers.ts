import type { AuthorizationPolicy } from './config/config.ts';

/** Who may answer for a plan: those who may authorize it. Without a policy, which only `prepare` brings, anyone. */
export const answerersOf = (policy: AuthorizationPolicy | null): readonly string[] | 'anyone' =>
  policy?.mode === 'named' ? policy.approvers : 'anyone';
