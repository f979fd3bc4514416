/**
 * The public API of each entry point of the package, as a report in `src/api/` that a review can compare: `npm run docs` writes the
 * reports, and `--check` (part of `npm test`) fails if the built types differ from them. Needs `dist/types`.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { entryPoints, root } from './entry-points.js';

const reports = join(root, 'src/api');
const check = process.argv.includes('--check');

/** The entry points, each with the name of its report; a report would not show what `./types/…` add to the types of a framework. */
const entries = entryPoints
  .filter(({ name }) => !name.startsWith('./types/'))
  .map(({ name, types }) => ({ name: name === '.' ? 'index' : name.slice(2).replaceAll('/', '-'), types }));

const work = mkdtempSync(join(tmpdir(), 'api-report-'));

/** The extractor's settings for one entry point. Only the report is written, without lint messages. */
function settings({ name, types }: (typeof entries)[number]): ExtractorConfig {
  const none = { default: { logLevel: ExtractorLogLevel.None } };
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: types,
      compiler: { tsconfigFilePath: join(root, 'tsconfig.json') },
      apiReport: { enabled: true, reportFolder: work, reportTempFolder: join(work, 'temp'), reportFileName: `${name}.api.md` },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: none,
        tsdocMessageReporting: none,
      },
    },
    configObjectFullPath: join(root, 'api-extractor.json'),
    packageJsonFullPath: join(root, 'package.json'),
  });
}

try {
  const [first, ...others] = entries.map(settings);
  if (!first) throw new Error('There is no entry point to report.');
  // All entry points share one program, because parsing the types takes most of the time.
  const compilerState = CompilerState.create(first, {
    additionalEntryPoints: others.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath),
  });
  mkdirSync(join(work, 'temp'), { recursive: true });
  for (const config of [first, ...others]) {
    const { succeeded } = Extractor.invoke(config, {
      compilerState,
      localBuild: true,
      messageCallback: (message) => {
        message.handled = message.logLevel !== ExtractorLogLevel.Error;
      },
    });
    if (!succeeded) throw new Error(`API Extractor failed for ${config.mainEntryPointFilePath}.`);
  }
  rmSync(join(work, 'temp'), { recursive: true });
  const written = readdirSync(work).filter((file) => file.endsWith('.api.md'));
  if (written.length !== entries.length) throw new Error(`Expected ${String(entries.length)} reports, found ${String(written.length)}.`);
  if (check) {
    const { status, stdout, stderr } = spawnSync('git', ['diff', '--no-index', '--no-color', reports, work], { encoding: 'utf8' });
    if (status !== 0) {
      console.error(stdout.replaceAll(work, '/built'), stderr);
      throw new Error('The public API has changed. If that is intended, run `npm run docs` and commit src/api.');
    }
  } else {
    rmSync(reports, { recursive: true, force: true });
    cpSync(work, reports, { recursive: true });
  }
  console.log(`${String(entries.length)} API reports ${check ? 'match the built types' : 'written to src/api'}`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
