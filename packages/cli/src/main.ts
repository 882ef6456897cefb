#!/usr/bin/env node
import { endAtOnceOnSignals } from '@payguard/shared/config/run-main';
import { runCommand } from './run-command.ts';

// Whatever it was at may be done again.
endAtOnceOnSignals();
process.exitCode = await runCommand(process.argv.slice(2));
