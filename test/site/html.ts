/** Markup that is safe to put into a page as it is. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }

  toString(): string {
    return this.markup;
  }
}

type Fragment = Html | string | number | null | false | readonly Fragment[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

function render(fragment: Fragment): string {
  if (fragment === null || fragment === false) return '';
  if (fragment instanceof Html) return fragment.markup;
  if (typeof fragment === 'object') return fragment.map(render).join('');
  return escapeText(String(fragment));
}

/** A template of markup: whatever is put in is escaped, unless it is {@link Html} itself. */
export function html(parts: TemplateStringsArray, ...fragments: readonly Fragment[]): Html {
  return new Html(parts.map((part, index) => part + render(fragments[index] ?? null)).join(''));
}

const navigation: readonly (readonly [string, string])[] = [
  ['/orders', 'Orders'],
  ['/report', 'Report'],
  ['/downloads', 'Downloads'],
  ['/practice', 'Practice pages'],
];

export interface Layout {
  readonly title: string;
  readonly content: Html;
  /** Who is signed in; null for the pages that anybody may see. */
  readonly user?: string | null;
  /** Scripts of `public/` that the page loads. */
  readonly scripts?: readonly string[];
}

function account(user: string | null): Html {
  if (user === null) return html`<a href="/login">Sign in</a>`;
  return html`<form method="post" action="/logout" class="account">
    <span>Signed in as <strong data-testid="user">${user}</strong></span>
    <button type="submit" class="quiet">Sign out</button>
  </form>`;
}

/** A whole page of the portal. */
export function layout({ title, content, user = null, scripts = [] }: Layout): string {
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} · Northwind Supplier Portal</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/public/style.css">
  <script>console.info('Northwind portal is ready');</script>
  ${scripts.map((name) => html`<script src="/public/${name}" defer></script>`)}
</head>
<body>
  <header>
    <a class="brand" href="/">Northwind <span>Supplier Portal</span></a>
    <nav aria-label="Main">${navigation.map(([path, name]) => html`<a href="${path}">${name}</a>`)}</nav>
    ${account(user)}
  </header>
  <main>
    <h1>${title}</h1>
    ${content}
  </main>
  <footer>A practice site. Nothing here is real.</footer>
</body>
</html>`.markup;
}
