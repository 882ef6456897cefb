import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import {
  APP_OWNER,
  fileEntry,
  folderEntry,
  folderTree,
  type LayerFiles,
  mergeFiles,
  symlinkEntry,
  textEntry,
} from './layer-files.ts';
import { programFiles } from './program-files.ts';

const NODE = '/usr/local/bin/node';
const ZONES = '/usr/share/zoneinfo';
/** The same zones counted otherwise, and what this machine's own zone is. */
const NO_ZONES = /^(posix|right|localtime|posixrules)(\/|$)/;

/**
 * What every image stands on: the Node that runs this, the shared libraries it needs, the certificate authorities that it
 * knows, time zones, and the names that programs look for. No shell, no package manager.
 */
export function nodeBaseFiles(): LayerFiles {
  return mergeFiles(programFiles({ [NODE]: process.execPath }), nodeLicense(), systemFiles(), zoneFiles());
}

function nodeLicense(): LayerFiles {
  const license = join(dirname(process.execPath), '../LICENSE');
  return new Map(existsSync(license) ? [['/usr/share/licenses/node/LICENSE', fileEntry(license)]] : []);
}

function systemFiles(): LayerFiles {
  const { uid, gid } = APP_OWNER;
  return new Map([
    ['/etc/passwd', textEntry(`root:x:0:0:root:/:/sbin/nologin\napp:x:${uid}:${gid}:app:/tmp:/sbin/nologin\n`)],
    ['/etc/group', textEntry(`root:x:0:\napp:x:${gid}:\n`)],
    ['/etc/nsswitch.conf', textEntry('hosts: files dns\n')],
    // Node's own list, of its release: what this machine trusts is its own affair.
    ['/etc/ssl/certs/ca-certificates.crt', textEntry(`${rootCertificates.join('\n')}\n`)],
    ['/tmp', folderEntry({ mode: 0o1777 })],
  ]);
}

function zoneFiles(): LayerFiles {
  if (!existsSync(ZONES)) throw new Error(`There are no time zones in ${ZONES}; install tzdata.`);
  const zones = folderTree(ZONES, ZONES, { keep: (path) => !NO_ZONES.test(path) });
  return zones.set('/etc/localtime', symlinkEntry(`${ZONES}/UTC`));
}
