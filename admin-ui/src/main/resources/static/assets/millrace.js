// All that pages need beyond htmx; every page works without it.

// The browser knows the reader's time zone, the server does not: offer it beside UTC.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const button of document.querySelectorAll('[data-local-zone]')) {
  if (zone && zone !== 'UTC') {
    button.value = zone;
    button.hidden = false;
  }
}

// A page in the background asks for nothing.
document.addEventListener('htmx:beforeRequest', (event) => {
  if (document.hidden) event.preventDefault();
});

// A failed refresh is shown: numbers that stand still must not look live.
document.addEventListener('htmx:sendError', (event) => event.target.classList.add('stale'));
document.addEventListener('htmx:responseError', (event) => event.target.classList.add('stale'));
document.addEventListener('htmx:afterSwap', (event) => event.target.classList.remove('stale'));
