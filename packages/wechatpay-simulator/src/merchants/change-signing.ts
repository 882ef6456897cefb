import { switchStartForShare } from './rotation-plan.ts';
import {
  type IssueCertificate,
  isRotating,
  newCertificateShareAt,
  publicKeyShareAt,
  returnedCertificates,
  type SigningState,
  type VerificationMode,
} from './signing-state.ts';

/** Half and half shows both keys soonest when nobody asked for a share. */
export const DEFAULT_SHARE = 0.5;

/** What stands against a change, as WeChat Pay's merchant platform would say. */
export type SigningRefusal =
  | 'no_certificates'
  | 'no_new_certificate'
  | 'rotation_under_way'
  | 'share_lowered'
  | 'share_without_switch'
  | 'switch_finished'
  | 'switch_under_way';

export type SigningOutcome =
  | { readonly kind: 'changed'; readonly state: SigningState }
  | { readonly kind: 'refused'; readonly why: SigningRefusal };

export interface SigningChange {
  readonly mode?: VerificationMode | undefined;
  /** 0 to 1; cannot be lowered. */
  readonly publicKeyShare?: number | undefined;
  /** 0 to 1; cannot be lowered, except to 0, which aborts the roll-out. */
  readonly newCertificateShare?: number | undefined;
  /** Whether a successor made by plan is returned from 120 days before expiry on instead of 180. */
  readonly postponeNewCertificate?: boolean | undefined;
}

/** Makes or brings out a new certificate at once, and lets it sign `share` (0 to 1) of all messages. */
export function rotateByHand(
  state: SigningState,
  nowMs: number,
  share: number,
  issue: IssueCertificate,
): SigningOutcome {
  if (state.mode === 'public-key') return refused('no_certificates');
  if (state.mode === 'rotating') return refused('switch_under_way');
  const byHand = { returnedByHandMs: nowMs, newCertificateShare: share };
  if (state.next === undefined) return changed({ ...state, next: issue(nowMs), ...byHand });
  if (returnedCertificates(state, nowMs).length === 1) return changed({ ...state, ...byHand });
  if (newCertificateShareAt(state, nowMs) < 1) return refused('rotation_under_way');
  return changed({ ...state, current: state.next, next: issue(nowMs), ...byHand });
}

/** Moves shares and mode by hand. */
export function changeSigning(state: SigningState, nowMs: number, change: SigningChange): SigningOutcome {
  const why = whatForbids(state, nowMs, change);
  if (why !== undefined) return refused(why);
  const mode = change.mode ?? state.mode;
  const isSwitchTouched = mode !== state.mode || change.publicKeyShare !== undefined;
  const moved = {
    ...state,
    mode,
    publicKeyShare: change.publicKeyShare ?? (mode === state.mode ? state.publicKeyShare : DEFAULT_SHARE),
    switchStartedMs: isSwitchTouched ? undefined : state.switchStartedMs,
    newCertificateShare: change.newCertificateShare ?? state.newCertificateShare,
    isReturnPostponed: change.postponeNewCertificate ?? state.isReturnPostponed,
  };
  const startsSwitch = mode === 'rotating' && state.mode !== 'rotating';
  return changed(
    startsSwitch && change.newCertificateShare === undefined ? withHeldRotation(moved, state, nowMs) : moved,
  );
}

/** Starts WeChat Pay's own plan of the switch (0.1 % … 100 % in about 7 days), at the step a share by hand has reached. */
export function startSwitch(state: SigningState, nowMs: number): SigningOutcome {
  if (state.mode === 'public-key') return refused('switch_finished');
  if (isRotating(state, nowMs)) return refused('rotation_under_way');
  if (state.mode === 'rotating') {
    if (state.switchStartedMs !== undefined) return changed(state);
    return changed({ ...state, switchStartedMs: switchStartForShare(publicKeyShareAt(state, nowMs), nowMs) });
  }
  return changed(withHeldRotation({ ...state, mode: 'rotating', switchStartedMs: nowMs }, state, nowMs));
}

/** "Stop": everything returns to the certificates (page 4012154180). */
export function stopSwitch(state: SigningState): SigningOutcome {
  if (state.mode === 'public-key') return refused('switch_finished');
  return changed({ ...state, mode: 'certificate', switchStartedMs: undefined });
}

function whatForbids(state: SigningState, nowMs: number, change: SigningChange): SigningRefusal | undefined {
  const mode = change.mode ?? state.mode;
  const { publicKeyShare, newCertificateShare } = change;
  if (publicKeyShare !== undefined) {
    if (mode !== 'rotating') return 'share_without_switch';
    if (state.mode === 'rotating' && publicKeyShare < publicKeyShareAt(state, nowMs)) return 'share_lowered';
  }
  if (newCertificateShare !== undefined) {
    if (mode === 'public-key') return 'no_certificates';
    if (mode === 'rotating' && newCertificateShare > 0) return 'switch_under_way';
    if (returnedCertificates(state, nowMs).length === 1) return 'no_new_certificate';
    const isAbort = newCertificateShare === 0;
    if (!isAbort && newCertificateShare < newCertificateShareAt(state, nowMs)) return 'share_lowered';
  }
  const isStopped = newCertificateShare === 0;
  if (mode === 'rotating' && isRotating(state, nowMs) && !isStopped) return 'rotation_under_way';
  return undefined;
}

/** A rotation goes no further during a switch; one that was finished stays so, and one not begun starts by hand later. */
function withHeldRotation(state: SigningState, before: SigningState, nowMs: number): SigningState {
  if (returnedCertificates(before, nowMs).length === 1) return state;
  return { ...state, newCertificateShare: newCertificateShareAt(before, nowMs) };
}

function changed(state: SigningState): SigningOutcome {
  return { kind: 'changed', state };
}

function refused(why: SigningRefusal): SigningOutcome {
  return { kind: 'refused', why };
}
