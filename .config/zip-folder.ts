/**
 * Writes a folder as a ZIP archive, the same bytes for the same files: `zip-folder.ts <folder> <archive>`. Names in the archive are relative
 * to the folder.
 *
 * Source: PKWARE's APPNOTE 6.3, without ZIP64, encryption and data descriptors.
 */
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';

/** 1 January 2026, in the format of MS-DOS: times of files would make each build differ. */
const DATE = ((2026 - 1980) << 9) | (1 << 5) | 1;
const DEFLATE = 8;
/** Names are UTF-8. */
const FLAGS = 0x0800;
/** Made on Unix; a regular file with the permissions 644. */
const MADE_BY = (3 << 8) | 20;
const MODE = 0o100644;

/** Creates the archive. @returns its size in bytes */
export function zipFolder(folder: string, archive: string): number {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const path of filesOf(folder)) {
    const name = Buffer.from(relative(folder, path).replaceAll('\\', '/'));
    const content = readFileSync(path);
    const packed = deflateRawSync(content, { level: 9 });
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(FLAGS, 2);
    common.writeUInt16LE(DEFLATE, 4);
    common.writeUInt16LE(0, 6);
    common.writeUInt16LE(DATE, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    bodies.push(Buffer.from('PK\x03\x04', 'latin1'), common, name, packed);

    const attributes = Buffer.alloc(14);
    attributes.writeUInt32LE(MODE * 0x10000, 6);
    attributes.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02', 'latin1'), Buffer.from([MADE_BY & 255, MADE_BY >> 8]), common, attributes, name);
    offset += 30 + name.length + packed.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(bodies.length / 4, 8);
  end.writeUInt16LE(bodies.length / 4, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  const bytes = Buffer.concat([...bodies, listing, end]);
  writeFileSync(archive, bytes);
  return bytes.length;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesOf(path) : [path];
    });
}

const [folder, archive] = process.argv.slice(2);
if (folder && archive) console.log(`${archive}: ${Math.round(zipFolder(folder, archive) / 1024)} kB`);
