/* Talking to the server: forms go out with the newest token, answers come back as data. */

/* Not the token of the page: signing in again in another window gives a new one. */
export function token() {
  const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  if (found) return found[1];
  const field = document.querySelector('[name="csrfmiddlewaretoken"]');
  return field ? field.value : "";
}

function headers() {
  return { Accept: "application/json", "X-CSRFToken": token() };
}

/* Sends fields; gives {status, data}, status 0 where the server could not be reached. */
export async function send(address, body, more = {}) {
  try {
    const response = await fetch(address, { method: "POST", body, headers: headers(), credentials: "same-origin", ...more });
    return { status: response.status, data: await dataOf(response) };
  } catch {
    return { status: 0, data: {} };
  }
}

async function dataOf(response) {
  try {
    return await response.json();
  } catch {
    return {};
  }
}

/* The same for files, which take their time: onProgress hears the share that is gone out, from 0 to 1. */
export function upload(address, body, onProgress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => resolve({ status: request.status, data: parsed(request.responseText) }));
    for (const event of ["error", "abort", "timeout"]) {
      request.addEventListener(event, () => resolve({ status: 0, data: {} }));
    }
    request.send(body);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
