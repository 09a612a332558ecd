import { html } from '../html.ts';
import { field, page, type Reply, type Route, readForm, seeOther } from '../http.ts';
import { credentials, sessionCookie } from '../portal.ts';

const thirtyDays = 30 * 24 * 3600;

function loginPage(next: string, failure: string | null = null, username = ''): Reply {
  const content = html`
    ${failure && html`<p role="alert" class="alert">${failure}</p>`}
    <form method="post" action="/login" class="narrow">
      <input type="hidden" name="next" value="${next}">
      <label>User name
        <input name="username" value="${username}" autocomplete="username" required autofocus></label>
      <label>Password
        <input name="password" type="password" autocomplete="current-password" required></label>
      <label class="inline"><input name="remember" type="checkbox"> Keep me signed in</label>
      <button type="submit">Sign in</button>
    </form>`;
  return page({ title: 'Sign in', content }, failure ? 401 : 200);
}

/** A path of this site; anything else leads to the orders. */
function safePath(next: string): string {
  return /^\/(?![/\\])/.test(next) ? next : '/orders';
}

/** Leads to the login page, and from there back to where the user wanted to go. */
export function askToSignIn(path: string): Reply {
  return seeOther(`/login?next=${encodeURIComponent(path)}`);
}

export const loginRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/login',
    handle: (request) => loginPage(request.query.get('next') ?? '/orders'),
  },
  {
    method: 'POST',
    path: '/login',
    handle: async (request, portal) => {
      const form = await readForm(request);
      const username = field(form, 'username');
      const next = safePath(field(form, 'next'));
      if (username !== credentials.username || field(form, 'password') !== credentials.password) {
        portal.note('sign_in_refused', { data: { user: username } });
        return loginPage(next, 'The user name or the password is wrong.', username);
      }
      const lasting = form.has('remember') ? `; Max-Age=${thirtyDays}` : '';
      const cookie = `${sessionCookie}=${portal.signIn(username)}; Path=/; HttpOnly; SameSite=Lax`;
      return seeOther(next, [cookie + lasting]);
    },
  },
  {
    method: 'POST',
    path: '/logout',
    handle: (request, portal) => {
      portal.signOut(request);
      return seeOther('/login', [`${sessionCookie}=; Path=/; Max-Age=0`]);
    },
  },
];
