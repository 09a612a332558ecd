/** What a person sees who follows the link of an e-mail. */
type AnswerPage =
  | {
      readonly kind: 'question';
      readonly title: string | null;
      readonly instructions: string;
      readonly descriptor: string;
    }
  | { readonly kind: 'done'; readonly descriptor: string }
  | { readonly kind: 'refused'; readonly reason: string };

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string) => text.replace(/[&<>"']/g, (letter) => entities[letter] ?? letter);

const style =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}' +
  'p{white-space:pre-wrap}button{font:inherit;padding:.5rem 1.5rem}';

function bodyOf(page: AnswerPage): string {
  switch (page.kind) {
    case 'question':
      return (
        `<h1>${escaped(page.title ?? 'Workflow run')}</h1><p>${escaped(page.instructions)}</p>` +
        `<form method="post"><button>${escaped(page.descriptor)}</button></form>`
      );
    case 'done':
      return `<h1>Thank you</h1><p>Your answer was taken: ${escaped(page.descriptor)}</p>`;
    case 'refused':
      return `<h1>Not possible</h1><p>${escaped(page.reason)}</p>`;
  }
}

/** The page as HTML; its form is sent to the address that it came from. */
export function answerPage(page: AnswerPage): string {
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Lapwing</title>' +
    '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">' +
    `<style>${style}</style></head><body>${bodyOf(page)}</body></html>`
  );
}
