import packageJson from '../../package.json' with { type: 'json' };

/** Which build this process runs: set by whoever builds the image; the version else is the one in the sources. */
export const BUILD = {
  version: process.env.PAYGUARD_VERSION || packageJson.version,
  commit: process.env.PAYGUARD_COMMIT || 'unknown',
};
