/** The documentation as a site. `npm run docs` builds it: see scripts/build-site.ts. */
import { readdirSync } from 'node:fs';
import { defineConfig } from 'vitepress';

interface Item {
  text: string;
  link: string;
}

const pages = (...items: (readonly [text: string, page: string])[]): Item[] =>
  items.map(([text, page]) => ({ text, link: `/${page}` }));

const lintPages = readdirSync(new URL('../lint', import.meta.url))
  .map((file) => file.replace(/\.md$/, ''))
  .map((name) => ({ text: name, link: `/lint/${name}` }));

export default defineConfig({
  title: 'netspec',
  description:
    'A toolkit for Caffe networks: author them, import them, pack their weights, run them, and find what a port got wrong.',
  // Links stay whole wherever the folder is served from.
  base: process.env.NETSPEC_SITE_BASE ?? '/',
  outDir: '../site',
  // There is none: browsers do not ask for it then.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  cleanUrls: false,
  // The API reference is written beside the pages, after them; scripts/build-site.ts checks these links.
  ignoreDeadLinks: [/^\/api\//],
  markdown: {
    languageAlias: { prototxt: 'proto' },
    config: (md) => {
      // Braces in code are no templates of Vue.
      md.renderer.rules.code_inline = (tokens, i) => `<code v-pre>${md.utils.escapeHtml(tokens[i]!.content)}</code>`;
      // Code that is set off by spaces has no look of its own, and would reach over the page's side.
      md.core.ruler.push('code-by-spaces', (state) => {
        for (const token of state.tokens)
          if (token.type === 'code_block')
            Object.assign(token, { type: 'fence', tag: 'code', info: 'sh', markup: '```' });
      });
      // Files of the repository that are not pages are named, but there is nothing to link to.
      md.core.ruler.push('links-out-of-the-docs', (state) => {
        for (const token of state.tokens)
          for (const child of token.children ?? [])
            if (child.type === 'link_open' && child.attrGet('href')?.startsWith('../') === true) {
              const end = token.children!.indexOf(child);
              const close = token.children!.slice(end).find((each) => each.type === 'link_close')!;
              for (const each of [child, close]) each.tag = 'span';
              child.attrs = [];
            }
      });
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Tutorial', link: '/port-a-detector' },
      { text: 'Commands', link: '/commands' },
      { text: 'API', link: '/api/index.html', target: '_self' },
    ],
    sidebar: [
      {
        text: 'Start',
        items: pages(
          ['Port a PyTorch detector in ten steps', 'port-a-detector'],
          ['From ONNX to Caffe in six lines', 'from-onnx'],
          ['For those who know pycaffe', 'pycaffe'],
          ["PyTorch's operations in Caffe", 'pytorch-ops'],
        ),
      },
      {
        text: 'See and edit',
        items: pages(['The playground', 'playground'], ['Prototxt in an editor', 'editor'], ['Draw', 'draw']),
      },
      {
        text: 'Author and import',
        items: pages(
          ['The DSL', 'netspec'],
          ['Named nets', 'nets'],
          ['detection-v2', 'detection-v2'],
          ['ONNX', 'onnx'],
          ['Layers', 'layers'],
          ["Caffe's forks", 'forks'],
        ),
      },
      {
        text: 'Weights and verification',
        items: pages(
          ['Weights', 'weights'],
          ['Name maps', 'maps'],
          ['Verify', 'verify'],
          ['Dumps for toolchains', 'dumps'],
          ['Cut and reduce', 'reduce'],
          ['Simulate a chip', 'simulate'],
          ['Optimize', 'optimize'],
          ['Inspect', 'inspect'],
          ['From pictures to boxes', 'vision'],
        ),
      },
      {
        text: 'Lint and targets',
        items: pages(['Lint', 'lint'], ['Targets', 'targets'], ['Rewrite a net for a target', 'retarget']),
      },
      { text: 'Rules', collapsed: true, items: lintPages },
      {
        text: 'Reference',
        items: [
          ...pages(
            ['All commands', 'commands'],
            ['What commands have in common', 'command-line'],
            ['The library', 'library'],
            ['Running nets', 'runtime'],
            ['prototxt', 'prototxt'],
            ['caffemodel', 'caffemodel'],
          ),
          { text: 'API', link: '/api/index.html', target: '_self' },
        ],
      },
      {
        text: 'Inside',
        items: pages(
          ['Architecture', 'architecture'],
          ['Kernels', 'kernels'],
          ['Time', 'time'],
          ['Benchmarks', 'benchmarks'],
        ),
      },
    ],
  },
});
