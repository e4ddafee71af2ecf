from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from hallway.host import post_message

from .models import Order


@login_required
def orders(request: HttpRequest) -> HttpResponse:
    everything = Order.objects.all()
    mine = everything if request.user.is_staff else everything.filter(customer=request.user)
    return render(request, "shop/orders.html", {"orders": mine})


@login_required
def order(request: HttpRequest, number: int) -> HttpResponse:
    """Anybody may open this page here, to show that the room in it is still only theirs."""
    return render(request, "shop/order.html", {"order": get_object_or_404(Order, pk=number)})


@require_POST
@login_required
def send(request: HttpRequest, number: int) -> HttpResponse:
    if not request.user.is_staff:
        return redirect("orders")
    order = get_object_or_404(Order, pk=number)
    order.sent_at = timezone.now()
    order.save()
    # The same client_id posts once, however often the button is pressed.
    post_message(order, "Your parcel is **on its way**.", by="The shop", client_id=f"sent-{number}")
    return redirect("order", number)
