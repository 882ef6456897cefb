import type { Clock } from '../clock/clock.ts';
import {
  changeSigning,
  rotateByHand,
  type SigningChange,
  type SigningOutcome,
  startSwitch,
  stopSwitch,
} from './change-signing.ts';
import { generatePrivateKeyNow } from './generate-key.ts';
import { type CertifiedKey, issuePlatformCertificate } from './platform-certificate.ts';
import type { RootCa } from './root-ca.ts';
import {
  caughtUp,
  newCertificateShareAt,
  publicKeyShareAt,
  returnedCertificates,
  type SigningState,
  type VerificationMode,
} from './signing-state.ts';

/** Multiples of it fill 0 to 1 evenly, so of any run of answers the asked share falls to the new certificate. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/**
 * Which keys sign for a merchant now. What time changes (successors, shares by plan) is worked out when somebody asks,
 * so it waits on no timer. A new certificate's key is generated on the spot: 60 ms, once in 4.4 simulated years.
 */
export class MerchantSigning {
  readonly rootCa: RootCa;
  readonly #clock: Clock;
  #state: SigningState;
  #answers = 0;
  #save: () => void = () => {};

  constructor(state: SigningState, rootCa: RootCa, clock: Clock) {
    this.#state = state;
    this.rootCa = rootCa;
    this.#clock = clock;
  }

  /** From now on `save` is called after each change. */
  saveWith(save: () => void): void {
    this.#save = save;
  }

  /** Puts mode and share as a start of the simulator was told, for this run; undefined leaves them as they are. */
  startAs(mode: VerificationMode | undefined, publicKeyShare: number | undefined): void {
    const { state } = this;
    const isSame = (mode ?? state.mode) === state.mode && publicKeyShare === undefined;
    this.#state = {
      ...state,
      mode: mode ?? state.mode,
      publicKeyShare: publicKeyShare ?? state.publicKeyShare,
      switchStartedMs: isSame ? state.switchStartedMs : undefined,
    };
  }

  /** As of now. */
  get state(): SigningState {
    this.#replace(caughtUp(this.#state, this.#clock.now(), this.#issue));
    return this.#state;
  }

  get mode(): VerificationMode {
    return this.#state.mode;
  }

  /** Share (0 to 1) of notifications signed by the public key, now. */
  get publicKeyShare(): number {
    return publicKeyShareAt(this.state, this.#clock.now());
  }

  /** Share (0 to 1) of what certificates sign that the newer one signs, now. */
  get newCertificateShare(): number {
    return newCertificateShareAt(this.state, this.#clock.now());
  }

  /** What GET /v3/certificates returns now, the older first. */
  get returnedCertificates(): readonly CertifiedKey[] {
    return returnedCertificates(this.state, this.#clock.now());
  }

  /** The certificate that signs what drew `draw` (0 to 1). For one draw it goes from old to new as the share grows. */
  certificateFor(draw: number): CertifiedKey {
    const { current, next } = this.state;
    return next !== undefined && draw < this.newCertificateShare ? next : current;
  }

  /** The certificate that signs the next answer of the API. */
  nextAnswerCertificate(): CertifiedKey {
    this.#answers += 1;
    return this.certificateFor((this.#answers * GOLDEN_RATIO) % 1);
  }

  /** See rotateByHand. */
  rotate(share: number): SigningOutcome {
    return this.#apply(rotateByHand(this.state, this.#clock.now(), share, this.#issue));
  }

  /** See changeSigning. */
  change(change: SigningChange): SigningOutcome {
    return this.#apply(changeSigning(this.state, this.#clock.now(), change));
  }

  /** See startSwitch. */
  startSwitch(): SigningOutcome {
    return this.#apply(startSwitch(this.state, this.#clock.now()));
  }

  /** See stopSwitch. */
  stopSwitch(): SigningOutcome {
    return this.#apply(stopSwitch(this.state));
  }

  readonly #issue = (notBeforeMs: number): CertifiedKey =>
    issuePlatformCertificate({ rootCa: this.rootCa, privateKey: generatePrivateKeyNow(), notBeforeMs });

  #apply(outcome: SigningOutcome): SigningOutcome {
    if (outcome.kind === 'changed') this.#replace(outcome.state);
    return outcome;
  }

  #replace(state: SigningState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#save();
  }
}
