import { type CertifiedKey, isValidAt } from './platform-certificate.ts';
import {
  automaticCertificateShare,
  automaticSwitchShare,
  latestSuccessorMs,
  successorDueMs,
  successorReturnedMs,
} from './rotation-plan.ts';

/**
 * With what WeChat Pay signs for a merchant: its platform certificates, its public key (`PUB_KEY_ID_…`), or both while
 * it switches from the first to the second (page 4012154180).
 */
export type VerificationMode = 'certificate' | 'public-key' | 'rotating';

/** All that decides which key signs for a merchant; the rest is a function of this and the time. Times are ms UTC. */
export interface SigningState {
  readonly mode: VerificationMode;
  /** Share (0 to 1) of notifications that the public key signs while rotating, when it is moved by hand. */
  readonly publicKeyShare: number;
  /** Since when the share follows WeChat Pay's plan instead. */
  readonly switchStartedMs: number | undefined;
  readonly current: CertifiedKey;
  /** The successor of the current certificate. */
  readonly next: CertifiedKey | undefined;
  /** Share of messages that the successor signs; undefined: by plan. */
  readonly newCertificateShare: number | undefined;
  /** When a rotation by hand brought the successor out; undefined: by plan. */
  readonly returnedByHandMs: number | undefined;
  /** Whether the merchant postponed the day from which the successor is returned. */
  readonly isReturnPostponed: boolean;
}

/** Makes a platform certificate that is valid from `notBeforeMs` on. */
export type IssueCertificate = (notBeforeMs: number) => CertifiedKey;

/** A successor of its own, whose roll-out nobody has touched. */
export const BY_PLAN = { newCertificateShare: undefined, returnedByHandMs: undefined } as const;

/** The share (0 to 1) of notifications that the public key signs. */
export function publicKeyShareAt(state: SigningState, nowMs: number): number {
  switch (state.mode) {
    case 'certificate':
      return 0;
    case 'public-key':
      return 1;
    case 'rotating':
      if (state.switchStartedMs === undefined) return state.publicKeyShare;
      return automaticSwitchShare(state.switchStartedMs, nowMs);
  }
}

/** The share (0 to 1) that the successor signs of what certificates sign. */
export function newCertificateShareAt(state: SigningState, nowMs: number): number {
  const startMs = nextReturnedMs(state);
  if (startMs === undefined || nowMs < startMs) return 0;
  if (state.newCertificateShare !== undefined) return state.newCertificateShare;
  // The two kinds of change cannot run together (page 4012154180).
  return state.mode === 'rotating' ? 0 : automaticCertificateShare(startMs, nowMs);
}

/** The certificates that GET /v3/certificates returns: the current one and, in due time, its successor. */
export function returnedCertificates(state: SigningState, nowMs: number): readonly CertifiedKey[] {
  const startMs = nextReturnedMs(state);
  if (state.next === undefined || startMs === undefined || nowMs < startMs) return [state.current];
  return [state.current, state.next];
}

/** True while both certificates sign. */
export function isRotating(state: SigningState, nowMs: number): boolean {
  const share = newCertificateShareAt(state, nowMs);
  return share > 0 && share < 1;
}

/**
 * `state` as time has changed it: a successor is generated 210 days before its predecessor expires, and takes its place
 * when it has. So an expired certificate never signs. Merchants of the public key alone get no new certificates.
 */
export function caughtUp(state: SigningState, nowMs: number, issue: IssueCertificate): SigningState {
  if (state.mode === 'public-key') return state;
  return withSuccessor(withoutExpired(state, nowMs), nowMs, issue);
}

function withoutExpired(state: SigningState, nowMs: number): SigningState {
  if (state.next === undefined || isValidAt(state.current, nowMs)) return state;
  return { ...state, current: state.next, next: undefined, ...BY_PLAN };
}

function withSuccessor(state: SigningState, nowMs: number, issue: IssueCertificate): SigningState {
  const newest = state.next ?? state.current;
  if (nowMs < successorDueMs(newest)) return state;
  const successor = issue(latestSuccessorMs(newest, nowMs));
  if (!isValidAt(newest, nowMs)) return { ...state, current: successor, next: undefined, ...BY_PLAN };
  return { ...state, current: newest, next: successor, ...BY_PLAN };
}

function nextReturnedMs(state: SigningState): number | undefined {
  if (state.next === undefined) return undefined;
  return state.returnedByHandMs ?? successorReturnedMs(state.current, state.isReturnPostponed);
}
