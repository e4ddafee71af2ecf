from django.conf import settings
from django.db import models


class Order(models.Model):
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    what = models.CharField(max_length=100)
    sent_at = models.DateTimeField(null=True, blank=True)
    # Grows with every question that a customer asks: see chat.py.
    questions = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"Order {self.pk}: {self.what}"
