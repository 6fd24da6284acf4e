// Security keys: the browser's refusal in words, where a screen reader hears it.
document.addEventListener('allauth.error', function (event) {
  event.preventDefault()
  const place = document.getElementById('key-error')
  if (place) { place.hidden = false; place.focus() }
})
