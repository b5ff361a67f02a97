// Ghost's own packages behind a pipe: one JSON request a line in, one JSON answer a line out.
//
// Started by ghost_packages.py with GHOST_MODULES (the node_modules of an installed Ghost).
import {createRequire} from 'node:module';
import {createInterface} from 'node:readline';

const ghost = createRequire(`${process.env.GHOST_MODULES}/`);
const {LexicalHTMLRenderer} = ghost('@tryghost/kg-lexical-html-renderer');
const {DEFAULT_NODES} = ghost('@tryghost/kg-default-nodes');
const {htmlToLexical} = ghost('@tryghost/kg-html-to-lexical');
const {render: renderMarkdown} = ghost('@tryghost/kg-markdown-html-renderer');
const {mobiledocToLexical} = ghost('@tryghost/kg-converters');
const htmlToPlaintext = ghost('@tryghost/html-to-plaintext');
const {utils} = ghost('@tryghost/helpers');
const {JSDOM} = createRequire(ghost.resolve('@tryghost/kg-lexical-html-renderer'))('jsdom');

const dom = new JSDOM();
let failure = null;
process.on('unhandledRejection', (error) => {
    failure = error;
});

function rendererOptions(options) {
    if (!options) {
        return {};
    }
    return {
        ...options,
        canTransformImage: path => !/\.(svg|svgz|ico)$/i.test(path),
        canTransformImageToFormat: () => true
    };
}

async function render({document, options}) {
    const renderer = new LexicalHTMLRenderer({
        nodes: DEFAULT_NODES,
        dom,
        onError: (error) => {
            failure = error;
        }
    });
    const html = await renderer.render(JSON.stringify(document), rendererOptions(options));
    // The renderer works in a promise of its own, whose failure shows one turn later.
    await new Promise((resolve) => {
        setImmediate(resolve);
    });
    return {html};
}

const answers = {
    render,
    fragment({html}) {
        const element = dom.window.document.createElement('div');
        element.innerHTML = html;
        return {html: element.innerHTML};
    },
    markdown: ({markdown}) => ({html: renderMarkdown(markdown, {})}),
    import: ({html}) => ({document: htmlToLexical(html)}),
    mobiledoc: ({mobiledoc}) => ({document: JSON.parse(mobiledocToLexical(JSON.stringify(mobiledoc)))}),
    url: ({url}) => ({url: new URL(url).href}),
    plaintext: ({html}) => ({
        text: htmlToPlaintext.excerpt(html),
        words: utils.countWords(html),
        minutes: utils.readingMinutes(html, 0)
    }),
    // The time (ms) in which all documents are rendered, as often as told.
    async time({documents, options, rounds}) {
        const renderer = new LexicalHTMLRenderer({nodes: DEFAULT_NODES, dom, onError() {}});
        const states = documents.map(document => JSON.stringify(document));
        const started = performance.now();
        for (let round = 0; round < rounds; round += 1) {
            for (const state of states) {
                await renderer.render(state, rendererOptions(options));
            }
        }
        return {milliseconds: performance.now() - started};
    }
};

for await (const line of createInterface({input: process.stdin})) {
    failure = null;
    let answer;
    try {
        const request = JSON.parse(line);
        answer = await answers[request.ask](request);
    } catch (error) {
        failure = error;
    }
    process.stdout.write(`${JSON.stringify(failure ? {failed: String(failure.message)} : answer)}\n`);
}
