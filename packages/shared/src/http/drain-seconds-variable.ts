import { integerVariable } from '../config/variables.ts';

/** The longest that anybody's load balancer takes to forget an address. */
const LONGEST_DRAIN_SECONDS = 300;

export const drainSecondsVariable = integerVariable(
  { default: 0, min: 0, max: LONGEST_DRAIN_SECONDS },
  'Seconds that a process which is told to stop goes on answering, not ready and with Connection: close, until nothing new is sent to it; in a cluster about 10',
);
