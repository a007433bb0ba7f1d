/**
 * A certificate for `localhost` that signed itself, and its key, for tests of servers with TLS.
 *
 * The key is known to everybody, so it protects nothing. Tornado: `test.crt` and `test.key`.
 *
 * @module
 */

/** The certificate in PEM: for `localhost`, 127.0.0.1 and ::1, for a hundred years. */
export const SELF_SIGNED_CERTIFICATE: string = `-----BEGIN CERTIFICATE-----
MIIBqjCCAVCgAwIBAgIUV6RiEolgkfTp8DtAWorWaUO7rLgwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNTA5Mzg0M1oYDzIxMjYxMTAx
MDkzODQzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAR23ImBTY/Y4t52YhT2y9W1Q5OMnfNy6ynvz+gN37YX9PxEVwijWiAb
bjCV6gcC8/vxP+UJfLH5HNw6YqBM0pcxo34wfDAdBgNVHQ4EFgQU6plz8UxKRDY5
R4fcZiOv6XlGv8owHwYDVR0jBBgwFoAU6plz8UxKRDY5R4fcZiOv6XlGv8owLAYD
VR0RBCUwI4IJbG9jYWxob3N0hwR/AAABhxAAAAAAAAAAAAAAAAAAAAABMAwGA1Ud
EwEB/wQCMAAwCgYIKoZIzj0EAwIDSAAwRQIhALb3YOskNUKKuNk6++D2mT6Qm8d9
nRUIW4YlV7G3OpTNAiBI6ISGBVDIeC7wIrJEDGGUDmmvd9s4wclIsrBsV+TFxg==
-----END CERTIFICATE-----
`;

/** Its key in PEM. */
export const SELF_SIGNED_KEY: string = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQge+0rRx9d16P2liV6
dSKwF1iBcrn5tgWiHavuXR86UYyhRANCAAR23ImBTY/Y4t52YhT2y9W1Q5OMnfNy
6ynvz+gN37YX9PxEVwijWiAbbjCV6gcC8/vxP+UJfLH5HNw6YqBM0pcx
-----END PRIVATE KEY-----
`;
