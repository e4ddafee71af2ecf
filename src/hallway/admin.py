"""Lists of authors, rooms and messages. What is changed here goes through the actions too."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import get_permission_codename, get_user_model
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from hallway.actions import accounts, messages, rooms
from hallway.errors import InvalidRoomName
from hallway.models import Author, Membership, Message, Room

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
    RoomAdminBase = admin.ModelAdmin[Room]
    MembershipInlineBase = admin.TabularInline[Membership, Room]
    RoomFormBase = ModelForm[Room]
else:  # Django's own classes take no parameters when they run
    AnyAdmin = RoomAdminBase = admin.ModelAdmin
    MembershipInlineBase = admin.TabularInline
    RoomFormBase = ModelForm


class ReadOnly(AnyAdmin):
    """People look here; what they may do are the actions named below the list."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """The right to change these rows is the right to act on them; to look is less."""
        codename = get_permission_codename("change", self.opts)
        return bool(request.user.has_perm(f"{self.opts.app_label}.{codename}"))


@admin.register(Author)
class AuthorAdmin(ReadOnly):
    list_display = ["name", "role", "user", "created_at", "last_seen_at", "left_at"]
    list_filter = ["role", ("left_at", admin.EmptyFieldListFilter), "last_seen_at"]
    list_select_related = ["user"]
    # Whatever a project's own accounts are called by.
    search_fields = ["name", f"user__{get_user_model().USERNAME_FIELD}"]
    date_hierarchy = "created_at"
    actions = ["make_leave"]

    @admin.action(description=_("Make the selected authors leave"), permissions=["moderate"])
    def make_leave(self, request: HttpRequest, queryset: QuerySet[Author]) -> None:
        for author in queryset.filter(left_at=None):
            accounts.leave(author)


class MembershipInline(MembershipInlineBase):
    model = Membership
    extra = 0
    can_delete = False
    fields = readonly_fields = ("author", "role", "joined_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RoomForm(RoomFormBase):
    def clean_name(self) -> str:
        """Told in the form; the action would refuse it too."""
        try:
            return rooms.clean_room_name(self.cleaned_data["name"])
        except InvalidRoomName as error:
            raise ValidationError(str(error), code=error.code) from error


@admin.register(Room)
class RoomAdmin(RoomAdminBase):
    list_display = ["name", "slug", "kind", "created_at"]
    list_filter = ["kind"]
    search_fields = ["name", "slug"]
    form = RoomForm
    inlines = [MembershipInline]

    def get_fields(self, request: HttpRequest, obj: Room | None = None) -> Any:
        return ["name", "slug"] if obj is None else ["name", "slug", "kind", "created_at"]

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Room | None = None
    ) -> dict[str, Any]:
        return {"slug": ("name",)} if obj is None else {}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Room, form: "ModelForm[Room]", change: bool
    ) -> None:
        creator = accounts.enter_with_account(request.user)
        created = rooms.create_room(creator, obj.name, slug=obj.slug)
        obj.pk = created.pk


@admin.register(Message)
class MessageAdmin(ReadOnly):
    list_display = ["__str__", "author", "room", "created_at", "edited_at", "deleted_at"]
    list_filter = ["room", "created_at", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["author", "room"]
    search_fields = ["content", "author__name"]
    date_hierarchy = "created_at"
    fields = readonly_fields = (
        "room",
        "author",
        "content",
        "created_at",
        "edited_at",
        "deleted_at",
    )
    actions = ["remove"]

    @admin.action(description=_("Delete the selected messages"), permissions=["moderate"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        for message in queryset.filter(deleted_at=None):
            messages.remove_message(message)
