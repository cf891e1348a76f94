/** Packs the extension in editors/vscode/ into build/netspec-prototxt.vsix: `npm run package:vscode`. Nothing is asked of any network. */
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { ZipFile } from 'yazl';

const root = new URL('../', import.meta.url);
const file = (relative: string): string => fileURLToPath(new URL(relative, root));

interface Manifest {
  name: string;
  displayName: string;
  description: string;
  version: string;
  publisher: string;
  categories: string[];
  keywords: string[];
  engines: { vscode: string };
}

/** Files that go into the package as they are. */
const FILES = ['package.json', 'language-configuration.json', 'syntaxes/prototxt.tmLanguage.json', 'README.md'];

const CONTENT_TYPES = `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension=".json" ContentType="application/json"/><Default Extension=".vsixmanifest" ContentType="text/xml"/><Default Extension=".js" ContentType="application/javascript"/><Default Extension=".md" ContentType="text/markdown"/><Default Extension=".txt" ContentType="text/plain"/></Types>
`;

/** What VS Code reads of a package before it unpacks it. */
function packageManifest({ name, displayName, description, version, publisher, ...more }: Manifest): string {
  const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${name}" Version="${version}" Publisher="${publisher}"/>
    <DisplayName>${escape(displayName)}</DisplayName>
    <Description xml:space="preserve">${escape(description)}</Description>
    <Tags>${escape(more.keywords.join(','))}</Tags>
    <Categories>${escape(more.categories.join(','))}</Categories>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="${escape(more.engines.vscode)}"/>
    </Properties>
    <License>extension/LICENSE.txt</License>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE.txt" Addressable="true"/>
  </Assets>
</PackageManifest>
`;
}

const manifest = JSON.parse(readFileSync(file('editors/vscode/package.json'), 'utf8')) as Manifest;
const { outputFiles } = await build({
  entryPoints: { extension: file('editors/vscode/src/extension.mts'), server: file('editors/vscode/src/server.mts') },
  outdir: file('build/vscode'),
  bundle: true,
  write: false,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  minify: true,
  define: { EXTENSION_VERSION: JSON.stringify(manifest.version) },
  // VS Code gives it; the layout of pictures is not for editors.
  external: ['vscode', 'elkjs'],
  logLevel: 'warning',
});
const zip = new ZipFile();
zip.addBuffer(Buffer.from(packageManifest(manifest)), 'extension.vsixmanifest');
zip.addBuffer(Buffer.from(CONTENT_TYPES), '[Content_Types].xml');
for (const name of FILES) zip.addFile(file(`editors/vscode/${name}`), `extension/${name}`);
zip.addFile(file('LICENSE'), 'extension/LICENSE.txt');
for (const { path, contents } of outputFiles)
  zip.addBuffer(Buffer.from(contents), `extension/dist/${path.replace(/^.*[\\/]/, '')}`);
zip.end();
mkdirSync(file('build'), { recursive: true });
const target = process.argv[2] ?? file('build/netspec-prototxt.vsix');
await finished(zip.outputStream.pipe(createWriteStream(target)));
console.log(`wrote ${target}`);
