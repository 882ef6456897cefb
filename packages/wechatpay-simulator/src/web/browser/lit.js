// The one place that names the template library, so that the server has one import to turn into an address.
export { html, nothing, render } from 'lit-html';
export { live } from 'lit-html/directives/live.js';
export { repeat } from 'lit-html/directives/repeat.js';
