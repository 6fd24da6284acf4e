// The link to choose a password: what stands behind the # goes into the form, and out of the address.
const token = document.getElementById('id_token')
const handed = decodeURIComponent(location.hash.slice(1)).split('/')
if (token && handed.length === 2) {
  document.getElementById('id_login').value = handed[0]
  token.value = handed[1]
  history.replaceState(null, '', location.pathname)
  document.getElementById('id_password1').focus()
}

// Security keys: the browser's refusal in words, where a screen reader hears it.
document.addEventListener('allauth.error', function (event) {
  event.preventDefault()
  const place = document.getElementById('key-error')
  if (place) { place.hidden = false; place.focus() }
})
