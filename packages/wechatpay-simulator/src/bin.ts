#!/usr/bin/env node
/** In front of main.ts, which an older Node could not even load: that deserves a sentence instead of a stack. */
const NEEDED_MAJOR = 24;
const EXIT_TO_MEND = 2;

if (Number(process.versions.node.split('.', 1).join('')) < NEEDED_MAJOR) {
  console.error(`wechatpay-simulator needs Node ${NEEDED_MAJOR} or later and this is ${process.version}; install it.`);
  process.exitCode = EXIT_TO_MEND;
} else {
  await import('./main.ts');
}
