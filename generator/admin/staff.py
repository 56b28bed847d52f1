"""What the pages of the studio share: who may see them, and moves by POST that are logged."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from generator import tasks
from generator.models import Task

SEE = "generator.view_trainedmodel"
CHANGE = "generator.change_trainedmodel"


class StudioAdmin(admin.ModelAdmin):
    """Open to staff with the permission for models, whatever the record is.

    A subclass names its `moves`: what POST <pk>/<move>/ does, as the name of a method that takes
    the request and the record, and returns the sentence that is shown and logged. It raises
    ValueError with a sentence where the move cannot be made. `offered` says which of them stand as
    buttons on the record's page.
    """

    moves = {}
    change_form_template = "admin/studio/base.html"

    def has_module_permission(self, request):
        return request.user.has_perm(SEE)

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm(SEE)

    def has_change_permission(self, request, obj=None):
        return request.user.has_perm(CHANGE)

    has_add_permission = has_change_permission
    has_delete_permission = has_change_permission

    def get_urls(self):
        moves = [
            path(f"<int:pk>/{move}/", self.guarded(require_POST(self.move_view(method))), name=name)
            for move, method in self.moves.items()
            for name in [self.url_name(move)]
        ]
        return moves + super().get_urls()

    def guarded(self, view):
        """`view` behind the admin's login, which also keeps it out of caches."""
        return self.admin_site.admin_view(view)

    def url_name(self, page):
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def url_of(self, obj):
        return reverse(f"admin:{self.url_name('change')}", args=[obj.pk])

    def find(self, request, pk):
        """The record, for whoever may change it. Raises Http404 or PermissionDenied."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        found = self.get_queryset(request).filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    def offered(self, obj) -> dict[str, str]:
        """Words of the button of each move that makes sense now."""
        return {}

    def change_view(self, request, object_id, form_url="", extra_context=None):
        extra = {"studio_moves": []} | (extra_context or {})
        obj = self.get_object(request, object_id)
        if obj and self.has_change_permission(request, obj):
            extra["studio_moves"] = [
                (reverse(f"admin:{self.url_name(move)}", args=[obj.pk]), words)
                for move, words in self.offered(obj).items()
            ]
        if obj:
            extra |= self.context_of(request, obj)
        return super().change_view(request, object_id, form_url, extra)

    def context_of(self, request, obj) -> dict:
        """What the panels of the record's page need."""
        return {}

    def move_view(self, method):
        def view(request, pk):
            obj = self.find(request, pk)
            try:
                words = getattr(self, method)(request, obj)
            except ValueError as problem:
                messages.error(request, str(problem))
            else:
                self.log_change(request, obj, words)
                messages.success(request, words)
            return redirect(self.url_of(obj))

        return view


class TaskAdmin(StudioAdmin):
    """Long work: its state comes anew by itself until it has ended; it can be stopped and resumed.

    Its page extends `admin/studio/task.html`.
    """

    moves = {"stop": "stop", "resume": "resume"}
    change_form_template = "admin/studio/task.html"
    state_template = "admin/studio/_task.html"

    def get_urls(self):
        state = self.guarded(require_safe(self.state))
        return [
            path("<int:pk>/state/", state, name=self.url_name("state")),
            *super().get_urls(),
        ]

    def state(self, request, pk):
        """The state as a fragment; once the work has ended, the page is loaded anew."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        task = self.get_queryset(request).filter(pk=pk).first()
        if task is None:
            raise Http404
        answer = render(request, self.state_template, {"task": task, **self.state_context(task)})
        if not task.is_unfinished:
            answer["HX-Refresh"] = "true"
        return answer

    def offered(self, task):
        if task.is_unfinished:
            return {} if task.stop_asked else {"stop": "Stop"}
        return {} if task.is_done else {"resume": "Try again" if task.is_failed else "Resume"}

    def context_of(self, request, task):
        return {"task": task, "state_template": self.state_template, **self.state_context(task)}

    def state_context(self, task: Task) -> dict:
        """What `state_template` needs besides the task."""
        return {"state_url": reverse(f"admin:{self.url_name('state')}", args=[task.pk])}

    def stop(self, request, task):
        if not task.stop():
            raise ValueError("It has ended already.")
        return "Stopped." if task.is_stopped else "It stops as soon as it has put down its work."

    def resume(self, request, task):
        if not task.restart():
            raise ValueError("It cannot be resumed: it runs, waits or has done all it should.")
        tasks.enqueue(task)
        return "It is queued again."
