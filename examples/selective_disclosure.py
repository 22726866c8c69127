"""An SD-JWT VC: the holder shows what was asked for, bound to the holder's key."""

import medid

now = medid.system_clock()
board = medid.Controller.did_key(medid.PrivateKey.generate(medid.KeyKind.P256))
holder = medid.PrivateKey.generate(medid.KeyKind.P256)

issued = medid.issue_sd_jwt(
    {
        "vct": "https://board.example/credentials/registration",
        "profession": "physician",
        "jurisdiction": "US-OH",
        "standing": "active",
        "birthdate": "1980-02-29",
        "homeAddress": {"city": "Columbus", "street": "1 Example Way"},
    },
    board,
    disclosable=["/profession", "/birthdate", "/homeAddress/street", "/homeAddress"],
    holder_key=holder.public_key,
    at=now,
)

# A pharmacist asks for the profession and gives a nonce; nothing else is shown.
presented = medid.present_sd_jwt(
    issued,
    holder,
    disclose=["/profession"],
    nonce="n-0S6_WzA2Mj",
    audience="https://pharmacy.example",
    at=now,
)
answer = medid.verify(
    presented,
    at=now,
    expect=medid.Expectations(
        challenge="n-0S6_WzA2Mj",
        domain="https://pharmacy.example",
        key_binding=True,
        status=medid.StatusPolicy.OFF,
    ),
)
print(answer.outcome.value)
assert answer
assert "Columbus" not in presented
