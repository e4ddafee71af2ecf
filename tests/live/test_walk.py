def test_a_message_reaches_another_screen(product):
    maya, joe = product.person("Maya"), product.person("Joe")
    heard = joe.hear()
    maya.say("hello")
    heard.wait_for("hello")
